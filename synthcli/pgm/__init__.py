"""The graphical model: post-processing of measurements, blind to data."""
