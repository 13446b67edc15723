"""Print the table of the data sets, as it stands in README.md of this folder."""

from likelier.datasets._catalogue import CATALOGUE

print("| name | rows | what it holds | source | licence |")
print("| --- | --- | --- | --- | --- |")
for dataset in CATALOGUE.values():
    source = " ".join(dataset.source.split())
    print(
        f"| `{dataset.name}` | {dataset.rows:,} | {dataset.title} | {source} | {dataset.licence} |"
    )
