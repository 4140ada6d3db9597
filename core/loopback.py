"""Which addresses are this computer itself: those that nobody else can reach."""

import ipaddress


def is_loopback(address: str) -> bool:
    """Whether `address` is localhost, in 127.0.0.0/8 or ::1; also as ::ffff:127.0.0.1."""
    if address.lower().rstrip(".") == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_loopback
