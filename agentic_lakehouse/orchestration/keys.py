"""Names of the graph's assets, from the standard's own namespaces."""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg

from agentic_lakehouse.contracts.standard import ProductStandard


@dataclass(frozen=True)
class Keys:
    """Asset keys for one standard, in the order of the graph."""

    vendor_files: dg.AssetKey
    feed_spec: dg.AssetKey
    bronze: dg.AssetKey
    mapping: dg.AssetKey
    staged: dg.AssetKey
    core: dg.AssetKey

    @classmethod
    def of(cls, standard: ProductStandard) -> Keys:
        """Name the assets: `product_raw/bronze`, `product_core/product_staged`, ..."""
        raw, core = standard.raw_namespace, standard.core_namespace
        table = standard.name.rpartition(".")[2]
        return cls(
            vendor_files=dg.AssetKey([raw, "vendor_files"]),
            feed_spec=dg.AssetKey([raw, "feed_spec"]),
            bronze=dg.AssetKey([raw, "bronze"]),
            mapping=dg.AssetKey([core, f"{table}_mapping"]),
            staged=dg.AssetKey([core, f"{table}_staged"]),
            core=dg.AssetKey([core, table]),
        )
