"""The ways to the guide: thin pipes between a person and `Guide.serve`."""
