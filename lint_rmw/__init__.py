"""Finds the stale read-modify-write: a value read outside a critical section and written back inside it.

The house, one room a verb: `store` and `stores/` are what we know, `flow/` is what we see, `rule` and `rules/`
what we conclude, `fix` and `fixes/` what we change, `finding` and `reports/` what we say. `lint` brings them
together; `cli` and `flake8_plugin` are the two doors.
"""

__version__ = "0.1.0"
