// Wires the page together: what comes over the websocket goes to the panels that show it.
import { Link } from "./link.js";
import { Bars } from "./bars.js";
import { Camera } from "./camera.js";
import { CommandLine } from "./command.js";
import { MapView } from "./map.js";
import { Stick } from "./stick.js";
import { StopButton } from "./stop.js";
import { Status } from "./status.js";
import { Talk } from "./talk.js";

const link = new Link();
const stop = new StopButton(); // first: it needs nothing of the others
const talk = new Talk();
const command = new CommandLine(link, talk);
const stick = new Stick(link);
const camera = new Camera(link);
const bars = new Bars();
const map = new MapView();
const status = new Status();

talk.onAccept = (text) => command.take(text);

const shows = {
  hello: (item) => { command.allow(item.right); stick.allow(item.right); stop.allow(item.right); status.right(item.right); },
  "/kitt/state": (item) => { status.state(item); bars.moving(Math.abs(item.speed ?? 0) > 0.05); },
  "/kitt/gate": (item) => { status.gate(item); stop.gate(item); },
  last_stop: (item) => status.lastStop(item),
  diagnosis: (item) => status.diagnosis(item),
  ages: (item) => status.ages(item),
  "/battery_state": (item) => status.battery(item),
  "/odom": (item) => map.odom(item),
  "/scan": (item) => map.scan(item),
  "/speaker/state": (item) => bars.speaker(item),
  "/voice/activity": (item) => bars.ear(item),
  heard: (item) => talk.heard(item),
  command: (item) => talk.command(item),
  said: (item) => talk.said(item),
  completions: (item) => talk.completions(item),
  help: (item) => command.help(item),
  refused: (item) => stick.refused(item.reason),
};

link.onItem = (item) => shows[item.kind]?.(item);
link.onPicture = (head, jpeg) => camera.show(head, jpeg);
link.onContact = (there, silentS) => { status.contact(there, silentS); if (!there) { stick.letGo(); } };
link.open();
