"""The shared conformance cases, played against this package. The format is `tests/conformance/README.md`."""
