import { randomInt } from "node:crypto";

const adjectives =
  "able agile amused bold brave bright calm clever crisp daring deft eager fair famous fast fearless fierce fine gentle glad grand handy happy honest jolly keen kind lively loud lucky merry mighty neat nimble noble patient placid polite proud quick quiet rare ready salty serious shining silent sleek smart smooth steady stately stylish swift tidy trusty upbeat vast warm watchful wise witty worthy";
const nouns =
  "albatross anchor auk barge beacon bosun brig buoy canoe capstan clipper cod compass coral corvette crab cutter dolphin dory drake eel ferry finch frigate galley gannet gull halyard harbour hawser heron jib keel kelp kestrel ketch lagoon lark lugger mast mole mussel narwhal oar osprey otter oyster pelican petrel pier pilot plaice plover puffin quay raft reef rudder sail schooner seal shoal skiff skua sloop sprat squid starling swan tern tide trawler trout tug walrus whale wharf wherry yawl";

const first = adjectives.split(" ");
const second = nouns.split(" ");

/** A name for what nobody has named: `bold-heron-512`, 20 characters at most. */
export function randomName(): string {
  const name = `${first[randomInt(first.length)]}-${second[randomInt(second.length)]}-${randomInt(1000)}`;
  return name.length <= 20 ? name : randomName();
}
