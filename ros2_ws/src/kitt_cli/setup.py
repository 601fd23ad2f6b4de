from setuptools import find_packages, setup

setup(
    name="kitt_cli",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_cli": ["py.typed", "demo/lines/*.flac"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_cli"]),
        ("share/kitt_cli", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The kitt command.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={"console_scripts": ["recorder = kitt_cli.recorder:main"]},
)
