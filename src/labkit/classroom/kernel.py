"""Name one kernel: the interpreter that runs now, whatever kernels are installed elsewhere."""

from __future__ import annotations

from typing import Any

import ipykernel.kernelspec
import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

#: What every notebook of the course says of its kernel.
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class OwnKernel(KernelSpecManager):
    """Offer only the running interpreter, under the usual name 'python3'.

    A machine may have other kernels of that name; a notebook run by one of them would not find this package.
    """

    def find_kernel_specs(self) -> dict[str, str]:
        """Map the one kernel's name to the folder with its icons."""
        return {KERNELSPEC["name"]: str(ipykernel.kernelspec.RESOURCES)}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Describe how the kernel is started; unknown names raise ``NoSuchKernel``."""
        if kernel_name != KERNELSPEC["name"]:
            raise NoSuchKernel(kernel_name)
        return KernelSpec(resource_dir=str(ipykernel.kernelspec.RESOURCES), **_kernel_dict())

    def get_all_specs(self) -> dict[str, Any]:
        """Describe every kernel there is: one."""
        name = KERNELSPEC["name"]
        return {name: {"resource_dir": self.find_kernel_specs()[name], "spec": _kernel_dict()}}


class OwnKernelManager(AsyncKernelManager):
    """Start and stop that one kernel."""

    @default("kernel_spec_manager")
    def _own_kernel(self) -> OwnKernel:
        return OwnKernel()

    @default("transport_encryption")
    def _encrypt_where_possible(self) -> str:
        return "auto" if zmq.has("curve") else "disabled"


def _kernel_dict() -> dict[str, Any]:
    # ipykernel writes sys.executable into its command.
    return {**ipykernel.kernelspec.get_kernel_dict(), "display_name": KERNELSPEC["display_name"]}
