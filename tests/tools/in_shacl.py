"""The catalogue of a release by Digdir's shapes of DCAT-AP-NO, with pySHACL."""

import sys
from pathlib import Path

from pyshacl import validate
from rdflib import DCAT, RDF, Graph

SHAPES = Path(__file__).parents[1] / "data" / "dcat"


def main() -> int:
    [path] = Path(sys.argv[1]).glob("katalog*.ttl")
    catalogue = Graph().parse(path)
    conforms, _, said = validate(
        catalogue,
        shacl_graph=Graph().parse(SHAPES / "shapes.ttl"),
        ont_graph=Graph().parse(SHAPES / "ontologies.ttl"),
        inference="none",
    )
    sets = len(set(catalogue.subjects(RDF.type, DCAT.Dataset)))
    files = len(set(catalogue.subjects(RDF.type, DCAT.Distribution)))
    print(f"{path.name}: {sets} data sets, {files} files\n{said}")
    return int(not conforms or not sets or "Severity" in said)


if __name__ == "__main__":
    sys.exit(main())
