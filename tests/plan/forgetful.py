"""A performer that has nothing to prepare and waits for nobody, and a journal that forgets."""

from tidegate.model.job import Job, JobReport


class Forgetful:
    """Base of performers of which a test only says how jobs end: `perform` is theirs."""

    async def prepare(self, job: Job) -> None:
        pass

    async def admit(self, job: Job) -> None:
        pass

    def started(self, job: Job) -> None:
        pass

    def prepared(self, job: Job) -> None:
        pass

    def turned(self, job: Job) -> None:
        pass

    def waits(self, job: Job, report: JobReport) -> None:
        pass

    def ended(self, job: Job, report: JobReport) -> None:
        pass
