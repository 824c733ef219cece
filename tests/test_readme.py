"""The Python in the README runs and prints what the README says."""

import re
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_first_block_prints_its_table(capsys):
    exec(BLOCKS[0], {})
    printed = capsys.readouterr().out
    table = re.search(r"^```\n(  features.*?)^```", README, re.MULTILINE | re.DOTALL).group(1)
    assert [line.split()[1:3] for line in printed.splitlines()[1:]] == [
        line.split()[1:3] for line in table.splitlines()[1:]
    ]
    ours, theirs = ([float(x) for x in re.findall(r"0\.\d+", text)] for text in (printed, table))
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < 0.03


def test_the_search_of_one_s_own(data_folder):
    namespace = {}
    # All of it but the half hour of fitting.
    source = BLOCKS[1].partition("\nsearch = ")[0]
    exec(source, namespace)
    pets = namespace["pets"]
    grid = namespace["GridSearchCV"](namespace["pipe"], namespace["grid"][:1], cv=2)
    grid.estimator.set_params(load__memory=None)
    chosen = [*range(10), *range(-10, 0)]
    assert grid.fit(pets.data_train[chosen], pets.target_train[chosen]).best_score_ > 0.4
