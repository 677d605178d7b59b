"""New PostgreSQL clusters, copied. A run of all tests needs hundreds, and initdb computes for a second each time: tests/run names a
folder (JK_CLUSTERS) in which the first of each kind is made, and the others are copies of it. Where no folder is named, as for a test
that is run by hand, nothing is copied, and whoever needs a cluster makes it."""
import fcntl
import os
import shutil
import subprocess


def copied(kind, make, target):
    """Puts a copy of the run's cluster of this kind at `target`, where nothing is yet; make(folder) makes the first. False where
    there is no folder for it."""
    shelf = os.environ.get("JK_CLUSTERS")
    if not shelf:
        return False
    os.makedirs(shelf, exist_ok=True)
    first = os.path.join(shelf, kind)
    with open(first + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other tests need it at the same moment
        if not os.path.exists(first):
            draft = first + ".draft"
            shutil.rmtree(draft, ignore_errors=True)
            make(draft)
            os.rename(draft, first)
    subprocess.run(["cp", "-a", first, target], check=True)
    return True
