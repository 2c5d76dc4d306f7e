"""The jobs of the command line, without the talking: fit, sample, audit, report, release."""
