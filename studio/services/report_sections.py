"""The chapters of a report, in their order: what was decided, the evidence, and how to do it again."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.services import (
    report_decision,
    report_evidence,
    report_explanations,
    report_insights,
    report_remote,
    report_running,
)
from studio.services.report_material import SectionPlan

SECTIONS: tuple[SectionPlan, ...] = (
    SectionPlan("criteria", N_("Criteria and verdicts"), report_decision.verdicts),
    SectionPlan("recommendation", N_("Recommendation"), report_decision.ranking),
    SectionPlan("brief", N_("Product brief"), report_decision.brief),
    SectionPlan("quality", N_("Quality"), report_evidence.metrics),
    SectionPlan("speed", N_("Speed and memory"), report_evidence.speed),
    SectionPlan("comparisons", N_("Is the difference real?"), report_evidence.comparisons),
    SectionPlan("groups", N_("Groups"), report_evidence.groups),
    SectionPlan("errors", N_("Where it goes wrong"), report_evidence.errors),
    SectionPlan("labels", N_("Every label"), report_evidence.labels),
    SectionPlan("insights", N_("Why it answers so"), report_insights.insights),
    SectionPlan("explanations", N_("Single answers explained"), report_explanations.explanations),
    SectionPlan("sizing", N_("What running it takes"), report_running.sizing),
    SectionPlan("privacy", N_("What left this computer"), report_remote.privacy),
    SectionPlan("reproduce", N_("How to do it again"), report_running.reproduce),
)
