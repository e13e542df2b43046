"""What setup.cfg cannot say: the C that moves and seals audio (ADR 28, 77), and what TLS at the edge needs (ADR 86).

Where no compiler is, ivr does without the first, and refuses TLS.
"""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            name,
            [f"{name.replace('.', '/')}.c"],
            extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-pthread"],
            optional=True,
        )
        for name in ("ivr.adapters.pjsip._clock", "ivr.adapters.openssl._journal", "ivr.adapters.kamailio._fork")
    ]
)
