"""The public site: static pages made of finished, audited releases and nothing else.

`releases` reads and checks them, `tables` gives a cell by its codes, `places` knows what a
municipality was called before; `model`, `words` and `charts` make what a page says of the cells;
`pages` and `found` write the files, and `build` moves the whole site into its place.
"""
