"""Parts of the set-up half of the Evaluate screen: data in, what it means, who answers, and the run."""
