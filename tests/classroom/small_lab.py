"""A lab of eight cells, to build in tests."""

from __future__ import annotations

LAB = """\
# %% [markdown]
# # Sums
#
# Add numbers.

# %% numbers tags=["scaffold"]
numbers = [1, 2, 3]

# %% [markdown]
# **Your turn.** Add them.

# %% total tags=["prompt"]
total = ...

# %% total-answer tags=["solution"]
total = sum(numbers)
print(f"the total is {total}")

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# Adding one by one gives six.

# %% names tags=["scaffold"]
print(sorted({"b", "a", "c"}))
"""


def write_lab(project, text, name="07-sums"):
    """Write the source of a lab; return its file."""
    path = project / "labs" / name / "lab.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
