"""The lakehouse as a Dagster resource, with DuckDB connections from `dagster-duckdb`."""

from functools import cached_property

import dagster as dg
from dagster_duckdb import DuckDBResource

from agentic_lakehouse.orchestration.killed import note_holder
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.settings import Settings, load_settings


class LakehouseResource(dg.ConfigurableResource[Lakehouse]):
    """Where the lakehouse is. Secrets and everything not named here come from the environment at run time."""

    duckdb: DuckDBResource
    home: str
    landing: dg.ResourceDependency[str]
    """A dependency and no configuration, which Dagster keeps and shows: the URL may hold a password."""
    standard: str
    policy: str
    rules: str
    vendors: str
    model: str

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Before a run's first step: note that this process executes it. The executor keeps all steps in here."""
        if context.run is not None and context.instance is not None:
            note_holder(context.instance, context.run.run_id)

    @cached_property
    def lakehouse(self) -> Lakehouse:
        """The lakehouse, opened once a process."""
        settings = load_settings(
            home=self.home,
            landing=self.landing,
            standard=self.standard,
            policy=self.policy,
            rules=self.rules,
            vendors=self.vendors,
            model=self.model,
        )
        return Lakehouse(settings, connect=self.duckdb.get_connection)


def resources(settings: Settings) -> dict[str, object]:
    """Return the resources of the code location for `settings`."""
    return {
        "lakehouse": LakehouseResource(
            duckdb=DuckDBResource(database=":memory:"),
            home=str(settings.home_path),
            landing=dg.ResourceDefinition.hardcoded_resource(settings.landing),
            standard=str(settings.standard),
            policy=str(settings.policy),
            rules=str(settings.rules),
            vendors=str(settings.vendors),
            model=settings.model,
        )
    }
