"""Reports: figures that follow from the records of calls and from the log, each with the calls that it counts.

Never here: where records come from, who may see a figure, how it is printed. May import the rest of the core.
Imports of core: review, call, compliance, dialplan, queueing, access, speech, vault, audit, commands, events, orders,
alarms, codec, identity, leading, media, signs, sip, foreign, typed, sign_table, lot.
"""
