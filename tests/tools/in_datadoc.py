"""Each Parquet file of a release as Statistics Norway's dapla-toolbelt-metadata sees it.

Runs in the tool's own environment: `python in_datadoc.py FOLDER`. Prints a line for each file, and
ends with exit code 1 if the tool finds fault with one.
"""

import asyncio
import json
import logging
import sys
import warnings
from pathlib import Path

from dapla_metadata.datasets.core import Datadoc
from dapla_metadata.datasets.model_validation import ValidateDatadocMetadata
from dapla_metadata.standards import check_naming_standard

# The standard is about whole paths: this is where such a file lies at Statistics Norway.
PLACE = "/buckets/produkt/introduksjon/utdata/"


class Said(logging.Handler):
    """What the tool logs as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # Who is at work is known on Statistics Norway's platform alone.
        if not record.name.endswith("user_info"):
            self.lines.append(record.getMessage())


class NoSubjects:
    """Stands for the list of subjects, which the tool would fetch from the net for a new file."""

    def get_secondary_subject(self, _: str | None) -> None:
        """Return no subject: the document has one."""


def faults_of(path: Path) -> list[str]:
    """What the tool says against a file's name, and against its document."""
    faults = [
        f"name: {'; '.join(map(str, result.violations))}"
        for result in asyncio.run(check_naming_standard(PLACE + path.name))
        if not result.success
    ]
    said = Said()
    logging.getLogger().addHandler(said)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            # It finds the document beside the file. Told the document's path, it would take it for
            # another file's and drop what it thinks to know from the folder's name.
            opened = Datadoc(dataset_path=str(path), statistic_subject_mapping=NoSubjects())
            document = path.with_name(f"{path.stem}__DOC.json")
            text = json.loads(document.read_text("utf-8"))["datadoc"]
            ValidateDatadocMetadata.model_validate(text)
    except Exception as error:  # whatever the tool dislikes is a finding
        return [*faults, f"{type(error).__name__}: {error}"]
    finally:
        logging.getLogger().removeHandler(said)
    faults += [f"{each.category.__name__}: {each.message}" for each in warned] + said.lines
    if text["percentage_complete"] != opened.percent_complete:
        counted = opened.percent_complete
        faults.append(f"percentage_complete is {text['percentage_complete']}, counted {counted}")
    return faults


def main() -> int:
    files = sorted(Path(sys.argv[1]).glob("*.parquet"))
    found = {path.name: faults_of(path) for path in files}
    for name, faults in found.items():
        print(f"{name}: {' | '.join(faults) or 'ok'}")
    print(f"{sum(not each for each in found.values())} of {len(files)} files without a warning")
    return int(not files or any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
