"""Statistical disclosure control for frequency tables: two methods, and an audit that trusts
neither.

`suppress` hides cells so that no small count can be narrowed down; `rounding` rounds small counts
so that every total still adds up; `audit` reads what was published, and nothing else, and says
whether it is safe. The method is written up in docs/disclosure.md.
"""
