"""The promise, attacked: who could be tied to a response by what the database, its files and its logs hold.

:mod:`~survey.anonymity.attacks` has one small class for each attack, :mod:`~survey.anonymity.loot` what an
attacker holds. :func:`~survey.anonymity.simulation.simulate` plays a wave with invented people in a throw-away
database, where it is known who wrote what, and counts right guesses;
:func:`~survey.anonymity.inspection.inspect` looks at a real database, where nobody knows that, and counts who
could be found. :mod:`~survey.anonymity.statement` says both in words.
"""
