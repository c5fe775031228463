"""The field's measures for naming a root cause, as plain functions."""

from __future__ import annotations

from collections.abc import Sequence

Cause = tuple[str, str]


def accuracy_at(k: int, ranked: Sequence[Cause], right: Sequence[Cause]) -> float:
    """Give the share of true causes among the first `k` of a ranking: AC@k.

    The definition is that of RCAEval (Pham et al., WWW Companion 2025; RCAEval/benchmark/evaluation.py), with
    at most `k` causes to be found.

    Examples
    --------
    >>> port, host = ("misconfigured_connection", "port"), ("misconfigured_connection", "host")
    >>> accuracy_at(1, [host, port], [port]), accuracy_at(3, [host, port], [port])
    (0.0, 1.0)
    """
    found = sum(cause in ranked[:k] for cause in right)
    return found / min(k, len(right))


def average_accuracy(k: int, ranked: Sequence[Cause], right: Sequence[Cause]) -> float:
    """Give the mean of AC@1 to AC@k: Avg@k of the same source.

    Examples
    --------
    >>> port, host = ("misconfigured_connection", "port"), ("misconfigured_connection", "host")
    >>> average_accuracy(5, [host, port], [port])
    0.8
    """
    return sum(accuracy_at(n, ranked, right) for n in range(1, k + 1)) / k


def named_share(named: Sequence[Cause], right: Cause) -> tuple[float, float]:
    """Give how right the named causes are, kind and part apart; of n causes each counts one n-th.

    OpenRCA gives nothing at all when more causes are named than there were; here naming two halves.

    Examples
    --------
    >>> port, host = ("misconfigured_connection", "port"), ("misconfigured_connection", "host")
    >>> named_share([port], port), named_share([port, host], port)
    ((1.0, 1.0), (1.0, 0.5))
    """
    kind = sum(cause[0] == right[0] for cause in named) / len(named)
    return kind, sum(cause == right for cause in named) / len(named)
