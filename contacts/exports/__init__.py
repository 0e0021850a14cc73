"""People as a file: any list, any segment, as CSV, XLSX, vCard or JSON lines.

``selections`` says who, ``people`` reads them, ``columns`` lays them flat, ``writers`` know the
formats, ``services`` starts the job and ``work`` does it.
"""
