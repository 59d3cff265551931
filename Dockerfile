# The demo without an installation: made-up persons → warehouse → release → public site.
#
#   docker build -t introstat .
#   docker run --name introstat-demo introstat
#   docker cp introstat-demo:/introstat/data/site . && docker rm introstat-demo
#
# Then open site/index.html in a browser. .devcontainer/ works in the same image.
FROM python:3.11-slim

# make builds; a release names the commit that it was made of.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 introstat \
    && install --directory --owner=introstat /introstat

USER 1000
WORKDIR /introstat

# The packages first: they are fetched anew only when the lock file changes.
COPY --chown=introstat Makefile pyproject.toml requirements.lock README.md LICENSE ./
COPY --chown=introstat introstat introstat
RUN make setup

COPY --chown=introstat . .
# What was copied since has not changed what is installed.
RUN touch .venv/.ready

CMD ["make", "demo"]
