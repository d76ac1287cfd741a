"""What a person is told where circles may have been missed, or may be none."""

LAST_TURN = (
    "the last turn before the foot came to rest was about three quarters done, so the count may be off by one: "
    "end each row of circles with a whole one"
)
LOOSE_TURN = (
    "a part of the movement goes round too irregularly to tell how many turns it was, so the count may be off: "
    "circle evenly, with the leg at rest"
)
THIN_LOOP = (
    "the foot goes to and fro, but its path is too thin in gravity to tell circles from flexing; "
    "use a sensor with a gyro, or let the leg hang or stretch it out differently"
)
FLAT_LOOP = (
    "the foot goes to and fro on a path too flat to tell circles from flexing, so circles may be missing: "
    "make them rounder"
)
HIDDEN_LOOP = (
    "the foot moves much, but its own acceleration hides which way: circle more slowly, with the leg at rest, "
    "or use a sensor with a gyro"
)
THIN_PART = (
    "a part of the movement goes to and fro on a path too thin in gravity to tell, so the count may be off; "
    "use a sensor with a gyro, or let the leg hang or stretch it out differently"
)
HIDDEN_PART = (
    "the foot goes round more often than circles could be told, its own acceleration hides some: circle more "
    "slowly, with the leg at rest, or use a sensor with a gyro"
)
ROUGH_LOOP = (
    "the sensor goes round more often than circles could be told, too roughly to be sure: "
    "fasten it more tightly, and circle with the leg at rest"
)
FAINT_LOOP = (
    "the sensor goes round, but by too little to tell circles from swaying; wear it on the foot, "
    "or the strap more tightly and lower"
)
