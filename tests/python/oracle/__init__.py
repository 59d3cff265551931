"""A slow, plain reading of the definitions, to hold the warehouse's figures against.

Nothing here is shared with the warehouse: the raw deliveries are read again from the start and
every figure is counted day by day. Where the two disagree, one of them misreads the definitions.
"""
