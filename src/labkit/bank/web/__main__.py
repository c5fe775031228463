"""Run one host of the bank: ``python -m labkit.bank.web BANK --host-name bank-web-1 --port 8080``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from labkit.bank.web.surroundings import shut_out
from labkit.core.errors import LabError


def main(arguments: list[str] | None = None) -> int:
    """Serve until somebody says stop; exit code 0 then, 2 where it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m labkit.bank.web", description=__doc__)
    parser.add_argument("bank", type=Path, help="the bank's folder, with releases/current in it")
    parser.add_argument("--host-name", default="bank-web-1", help="name of this host in its evidence")
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1; 0 takes a free one")
    given = parser.parse_args(arguments)
    shut_out(os.environ)
    from labkit.bank.web.process import serve

    try:
        serve(given.bank, given.host_name, given.port, dict(os.environ))
    except (LabError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:  # before it listened
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
