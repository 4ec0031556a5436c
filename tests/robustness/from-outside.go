package failpoint

// What can be done to members from outside; all other faults need code inside etcd. The network between members can only
// fail where there are several.
func init() {
	allFailpoints = []Failpoint{
		KillFailpoint, BlackholePeerNetwork, BlackholeUntilSnapshot, DelayPeerNetwork, DropPeerNetwork, MemberReplace,
	}
}
