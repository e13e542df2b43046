"""Reports as files: CSV, XLSX, HTML, PDF. What they say is decided in `ivr.core.reports`.

Never here: what is counted. May import: core.
"""
