"""The air between virtual Bluetooth controllers of one process, on Google's bumble.

bumble's emulated controller and link (0.0.236) do what a demonstration needs and some things wrongly; what
is overridden here, and why, stands at each override. Bluetooth is quoted as in the Core Specification 5.4.
"""

import asyncio
from collections.abc import Callable, Sequence

from bumble import hci, ll
from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink

SUPERVISION_TIMEOUT_S = 1.0  # how long a link survives without hearing its peer
_ATT_NOTIFICATION = b"\x04\x00\x1b"  # L2CAP channel 4 (ATT), opcode 0x1B, behind the two bytes of length
_LOST = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR

Fate = Callable[[bytes], Sequence[float]]


class Air(LocalLink):
    """Carries packets between the controllers in it, and can misbehave on request.

    `fate`, if set, is asked for each notification: the delays in s after which copies of it arrive, so
    `()` loses it, `(0.0,)` delivers it, `(0.0, 0.0)` doubles it.
    """

    def __init__(self, supervision_timeout_s: float = SUPERVISION_TIMEOUT_S) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.supervision_timeout_s = supervision_timeout_s
        self.fate: Fate | None = None
        self._silent: set[Controller] = set()

    def silence(self, controller: Controller) -> None:
        """From now on nothing is heard of the controller; its links die after the supervision timeout."""
        self._silent.add(controller)
        asyncio.get_running_loop().call_later(self.supervision_timeout_s, self._supervise, controller)

    def drop(self, controller: Controller) -> None:
        """Every link of the controller is lost now, at both ends (reason 0x08, connection timeout)."""
        for connection in list(controller.le_connections.values()):
            self._end(controller, connection)

    def remove_controller(self, controller: Controller) -> None:
        self._silent.discard(controller)
        self.controllers.discard(controller)

    def _supervise(self, controller: Controller) -> None:
        if controller in self._silent:
            self.drop(controller)

    def _end(self, controller: Controller, connection: Connection) -> None:
        peer = self.find_le_controller(connection.peer_address)
        controller.on_le_disconnected(connection, _LOST)
        back = peer.le_connections.get(connection.self_address) if peer else None
        if peer and back:
            peer.on_le_disconnected(back, _LOST)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        # bumble labels data with the sender's random address, whatever address the link was made with
        link = sender_controller.le_connections.get(destination_address)
        peer = self.find_le_controller(destination_address)
        if link is None or peer is None or self._silent & {sender_controller, peer}:
            return
        for delay_s in self._fate_of(data):
            self._deliver(delay_s, peer, link.self_address, data)

    def _fate_of(self, data: bytes) -> Sequence[float]:
        return self.fate(data) if self.fate and data[2:5] == _ATT_NOTIFICATION else (0.0,)

    def _deliver(self, delay_s: float, peer: Controller, sender: hci.Address, data: bytes) -> None:
        def arrive() -> None:
            if sender in peer.le_connections:
                peer.on_link_acl_data(sender, PhysicalTransport.LE, data)

        loop = asyncio.get_running_loop()
        if delay_s:
            loop.call_later(delay_s, arrive)
        else:
            loop.call_soon(arrive)

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        if sender_controller in self._silent:
            return
        for controller in self.controllers - self._silent - {sender_controller}:
            asyncio.get_running_loop().call_soon(controller.on_ll_advertising_pdu, packet)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        # bumble raises when the peer is gone; on the air the packet is merely lost
        peer = self.find_le_controller(receiver_address)
        if peer is None or peer in self._silent or sender_address not in peer.le_connections:
            return
        asyncio.get_running_loop().call_soon(self._control, peer, sender_address, packet)

    @staticmethod
    def _control(peer: Controller, sender: hci.Address, packet: ll.ControlPdu) -> None:
        if sender in peer.le_connections:
            peer.on_ll_control_pdu(sender, packet)


class AirController(Controller):
    """A Bluetooth LE controller in the air. `rssi_dbm` is how strongly others hear it."""

    le_acl_data_packet_length = 251  # bumble's 27 makes ten fragments of one full notification
    le_features = Controller.le_features & ~(
        hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
    )

    def __init__(self, name: str, air: Air, rssi_dbm: int = -50) -> None:
        super().__init__(name, link=air)
        self.air = air
        self.rssi_dbm = rssi_dbm
        self._advertised = asyncio.Event()

    async def advertised(self) -> None:
        """Wait until it advertises the next time."""
        self._advertised.clear()
        await self._advertised.wait()

    def send_advertising_pdu(self, packet: ll.AdvertisingPdu) -> None:
        super().send_advertising_pdu(packet)
        self._advertised.set()

    def close(self) -> None:
        """Leave the air."""
        self.le_legacy_advertiser.stop()
        self.air.remove_controller(self)
        self.set_packet_sink(None)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        # bumble says yes and goes on connecting, so that the host waits for ever (Vol 4, Part E, 7.8.13)
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        asyncio.get_running_loop().call_soon(self.send_hci_packet, _cancelled(pending.peer_address))
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        # bumble repeats the advertisement as scan response, and hears everyone at -50 dBm
        advertiser = self.air.find_le_controller(pdu.advertiser_address)
        if self.le_scan_enable and isinstance(advertiser, AirController):
            kinds = hci.HCI_LE_Advertising_Report_Event.EventType
            self._report(kinds.ADV_IND, pdu.advertiser_address, pdu.data, advertiser)
            response = advertiser.le_legacy_advertiser.scan_response_data
            if self.le_scan_type == hci.HCI_LE_Set_Scan_Parameters_Command.ACTIVE_SCANNING:
                self._report(kinds.SCAN_RSP, pdu.advertiser_address, response, advertiser)
        pending = self.pending_le_connection
        if pending and pending.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def _report(self, kind: int, address: hci.Address, data: bytes, advertiser: "AirController") -> None:
        report = hci.HCI_LE_Advertising_Report_Event.Report(
            event_type=kind,
            address_type=address.address_type,
            address=address,
            data=data,
            rssi=advertiser.rssi_dbm,
        )
        self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))


def _cancelled(peer: hci.Address) -> hci.HCI_LE_Connection_Complete_Event:
    return hci.HCI_LE_Connection_Complete_Event(
        status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
        connection_handle=0,
        role=hci.Role.CENTRAL,
        peer_address_type=peer.address_type,
        peer_address=peer,
        connection_interval=0,
        peripheral_latency=0,
        supervision_timeout=0,
        central_clock_accuracy=0,
    )
