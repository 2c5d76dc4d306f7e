"""Controls of the release audit: files about which it is known whether they leak."""
