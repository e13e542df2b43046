"""The edge: Kamailio's configuration, made from ours, and its control socket.

Never here: what a call hears, and who may call an agent.
"""
