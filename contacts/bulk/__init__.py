"""Acts on many people: begun, worked off by chunks, taken back.

Whom a run is about is frozen when its work begins: ids in chunks (``BulkChunk``), in the order of ids.
"""
