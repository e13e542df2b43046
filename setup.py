"""What setup.cfg cannot say: the C that moves audio (ADR 28). Where no compiler is, ivr works without it."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "ivr.adapters.pjsip._clock",
            ["ivr/adapters/pjsip/_clock.c"],
            extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra"],
            optional=True,
        )
    ]
)
