"""What the stages of a download are called."""

from __future__ import annotations

from studio.domain.hub import DownloadStage
from studio.domain.i18n import N_

#: What a stage is called.
STAGES: dict[DownloadStage, str] = {
    "queued": N_("waiting for its turn"),
    "asking": N_("asking the Hub"),
    "downloading": N_("downloading"),
    "checking": N_("checking"),
    "converting": N_("converting"),
    "finishing": N_("putting it into the library"),
    "paused": N_("paused"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
    "done": N_("done"),
}
