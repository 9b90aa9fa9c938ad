"""Has CMake build the extension of the package git_mlem; all else is in pyproject.toml."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent


class CMakeBuild(build_ext):
    """Builds with CMake, in a build directory of its own unless GIT_MLEM_BUILD_DIR names one that is configured."""

    def build_extension(self, ext):
        kept = os.environ.get("GIT_MLEM_BUILD_DIR")
        build = pathlib.Path(kept or self.build_temp).resolve()
        if not kept:
            generator = ["-G", "Ninja"] if shutil.which("ninja") else []
            subprocess.run(
                ["cmake", "-S", ROOT, "-B", build, *generator, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_UNITY_BUILD=ON",
                 "-DGIT_MLEM_BUILD_TESTS=OFF", "-DGIT_MLEM_PYTHON=ON", f"-DPython_EXECUTABLE={sys.executable}"],
                check=True)
        subprocess.run(
            ["cmake", "--build", build, "--target", "mlem_python", "--parallel", str(os.cpu_count() or 1)], check=True)
        built = next((build / "python" / "git_mlem").glob("_core.*.so"))
        target = pathlib.Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(built, target)


setup(
    version=re.search(r"VERSION (\d[\d.]*)$", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1],
    ext_modules=[Extension("git_mlem._core", [])],
    cmdclass={"build_ext": CMakeBuild},
)
