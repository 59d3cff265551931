"""Other people's tools on the finished files of a release, each in an environment of its own."""
