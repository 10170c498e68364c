"""The worker child: the only code of this program that imports `mvt`; started with `python -m`, never imported."""
