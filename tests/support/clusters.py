"""New PostgreSQL clusters, copied. A run of all tests needs hundreds, and initdb computes for a second each time: tests/run names a
folder (JK_CLUSTERS) in which the first of each kind is made, and the others are copies of it. Where no folder is named, as for a test
that is run by hand, nothing is copied, and whoever needs a cluster makes it. template0, a quarter of a cluster's files, is not copied
but shared, as links: PostgreSQL lets nobody connect to it, and never writes to it."""
import fcntl
import os
import shutil
import subprocess


TEMPLATE0 = os.path.join("base", "4")  # in every PostgreSQL since 15


def copied(kind, make, target):
    """Puts a copy of the run's cluster of this kind at `target`, where nothing is yet; make(folder) makes the first. False where
    there is no folder for it."""
    shelf = os.environ.get("JK_CLUSTERS")
    if not shelf:
        return False
    os.makedirs(shelf, exist_ok=True)
    first = os.path.join(shelf, kind)
    shared = first + ".shared"
    with open(first + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other tests need it at the same moment
        if not os.path.exists(first):
            draft = first + ".draft"
            shutil.rmtree(draft, ignore_errors=True)
            shutil.rmtree(shared, ignore_errors=True)
            make(draft)
            if os.path.exists(os.path.join(draft, TEMPLATE0)):
                os.rename(os.path.join(draft, TEMPLATE0), shared)
            os.rename(draft, first)
    subprocess.run(["cp", "-a", first, target], check=True)
    if os.path.exists(shared):
        by = "-al" if os.stat(shared).st_dev == os.stat(target).st_dev else "-a"  # links do not cross file systems
        subprocess.run(["cp", by, shared, os.path.join(target, TEMPLATE0)], check=True)
    return True
