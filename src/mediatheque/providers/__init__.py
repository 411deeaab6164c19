"""The remote services whose results are kept, and their words: fal, HeyGen, Krea, Replicate.

The dialects answer in these services' words; here the services are asked. Each class is a `Provider` of `library/keep`.
"""
