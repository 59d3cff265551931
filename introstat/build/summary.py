"""The command `introstat summary`: the figures a newcomer wants to see first."""
import click


@click.command("summary")
def summary_command() -> None:
    """Print."""
