"""The ministry's report: one content from the published cubes, as a PDF and as a page.

    facts, figures → chapters → content → pdf (report.typ), html (report.html.j2)

Every sentence is in texts.yml, every number names the cells it is made of (text.py). How the report
is put together and looked at: docs/report.md.
"""
