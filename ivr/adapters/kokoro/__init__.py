"""Speech by Kokoro 82M (int8, onnxruntime): phonemes of English and Mandarin, the network, its voices.

Never here: espeak-ng itself, which says how English sounds from a process of its own.
"""
