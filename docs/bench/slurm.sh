#!/bin/sh
# A sweep as an array job: sbatch docs/bench/slurm.sh, and when all have ended
# uipvs bench merge results/*.lines. Slurm tells number and count of the tasks, so --shard is auto.
#SBATCH --job-name=uipvs-bench
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --mem=1G
set -e
mkdir -p results
uipvs bench web --compare all --sweep arrivals.rate=800,1000,1200 --no-timing \
  --threads "$SLURM_CPUS_PER_TASK" --shard auto > "results/$SLURM_ARRAY_TASK_ID.lines"
