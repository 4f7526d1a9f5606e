"""What the screens show, without widgets: state with signals, over the services. QtCore only."""
