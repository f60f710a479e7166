"""`lakehouse review --web`: the page on which people decide."""

from __future__ import annotations

from typing import Annotated

import typer

from agentic_lakehouse.cli.output import console, say


def page(
    context: typer.Context,
    *,
    web: Annotated[bool, typer.Option("--web", help="Serve the review page, until Ctrl-C.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, as browsers name it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one.")] = 3030,
) -> None:
    """See what waits for a person, and decide: by a command, or on a page.

    The page opens by a link that works once, so that nobody else on this machine can decide by it. Where the lake has
    a review token, LAKEHOUSE_REVIEW_TOKEN or the page's form must give it.

    Example: lakehouse review --web
    """
    if context.invoked_subcommand is not None:
        if web:
            raise typer.BadParameter("--web stands alone, without a command.")
        return
    if not web:
        typer.echo(context.get_help())
        return
    from agentic_lakehouse.settings import load_review_token, load_settings
    from agentic_lakehouse.web.serve import serve

    serve(load_settings(), host=host, port=port, token=load_review_token(), announce=_tell)


def _tell(link: str) -> None:
    say("The review page is open until Ctrl-C, by this link, once:")
    console().print(link, markup=False, soft_wrap=True)
