"""The reception check: what a delivery's content is compared with before it is taken in.

Each table of the sealed copy (no identity number is in it) is checked by one reviewed suite of
Great Expectations. `consequences.csv` says what each rule's findings lead to; the verdict and its
pages are kept with the delivery, those of a refused one under `avvist`.
"""
