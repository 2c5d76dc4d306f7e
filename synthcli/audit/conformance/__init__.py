"""Conformance: does this build deliver the epsilon that it prints? Public tables alone, and no ledger."""
