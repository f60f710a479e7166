"""The review page: a face for people who decide, served on this machine alone unless a review token is set.

Plain forms that htmx makes smoother; all that it shows is a `Dossier`, all that it does is `pipeline.review`.
"""
