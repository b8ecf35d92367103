"""The latent report: every member of a run looked at with the tools of vib.latent, on the same examples."""

from vib.evaluation.latent_report.evaluator import Member, MemberEvaluator, Variable, check, member_of, or_otherwise
from vib.evaluation.latent_report.examples import Examples, prepare
from vib.evaluation.latent_report.pictures import Sheet, pictures
from vib.evaluation.latent_report.report import join, numbers, of_members
from vib.evaluation.latent_report.standard import standard

__all__ = [
    "Examples",
    "Member",
    "MemberEvaluator",
    "Sheet",
    "Variable",
    "check",
    "join",
    "member_of",
    "numbers",
    "of_members",
    "or_otherwise",
    "pictures",
    "prepare",
    "standard",
]
